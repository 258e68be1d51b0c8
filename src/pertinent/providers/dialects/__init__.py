"""One file for each way of asking over HTTP; ``pertinent.providers.catalogue`` lists them."""
