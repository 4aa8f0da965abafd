"""The ground: records, pure decisions and the store. Nothing here knows a page's markup, a template or a setting."""
