"""Papers for people and offices: what a client is handed, what a payer is sent, as bytes of a PDF. Pure.

Every paper is a function of values: the same values give the same bytes, so that its hash can be kept and compared; no
moment stands in one that was not given. `layout` breaks blocks over pages, `drawing` writes them as a tagged PDF
(reading order, headings, lists, tables with headings, language, real text), because a client who hears their papers
read must get them as whole as one who sees them (WCAG 2.1, which 45 CFR 84.84 asks of practices). pydyf writes the
file's objects: BSD, one file, nothing behind it. reportlab has no tags, fpdf2 none for tables and brings 50 MB,
WeasyPrint wants system libraries. The typeface is Noto Sans (SIL Open Font License, fonts/OFL.txt), of which each file
takes the letters that it uses.
"""
