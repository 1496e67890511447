"""The wording of each paper, in one module a document. Always Chinese: they are documents of the city."""
