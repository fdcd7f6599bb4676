"""Reports as tests read them."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects what a page links to and says."""

    def __init__(self, text):
        super().__init__()
        self.links, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.links += [v for k, v in attributes if k in ("src", "srcset", "href")]
        assert tag != "script"

    def handle_data(self, data):
        self.words.append(" ".join(data.split()))
