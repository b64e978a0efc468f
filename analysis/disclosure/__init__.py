"""Disclosure control: which cells of linked tables are hidden, so that what is published tells nothing about them."""
