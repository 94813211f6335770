"""One module per area: parse, call one domain function, answer."""
