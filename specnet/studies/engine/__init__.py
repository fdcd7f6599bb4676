"""What all studies share: folders, records, subjects, tables, the HTML page."""
