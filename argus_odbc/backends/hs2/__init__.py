"""HiveServer2 (TCLIService over Thrift): what Hive, Impala and the Spark Thrift Server have in common."""
