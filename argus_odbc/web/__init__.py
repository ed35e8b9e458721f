"""HTTP as engines need it: kept connections, proxies, and the logins that requests carry."""
