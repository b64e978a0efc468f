"""Real answers through the whole way: 6,029 respondents of a public data set, compared with the published figures."""
