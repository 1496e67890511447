"""The monthly bulletin on paper (scheme.txt, 每月通报): what it holds, and as PDF, DOCX and XLSX."""
