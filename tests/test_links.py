"""Links of the pages lead to files and headings that are there."""

import re

LINK = re.compile(r"\]\(([^)\s]+)\)")
FOLDERS = ("app", "assets", "filter", "shaders", "tests")
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page):
    """As GitHub names a page's headings."""
    titles = re.findall(r"^#+ (.+)$", CODE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links(root):
    pages = [*root.glob("*.md"), *(page for folder in FOLDERS for page in (root / folder).rglob("*.md"))]
    links = [(page, link) for page in pages for link in LINK.findall(CODE.sub("", page.read_text()))
             if not link.startswith(("http:", "https:"))]
    assert len(pages) > 5 and len(links) > 40
    broken = []
    for page, link in links:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{page.relative_to(root)}: {link}")
    assert broken == []
