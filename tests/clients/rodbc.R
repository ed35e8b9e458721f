# What a user of RODBC does, one section after the other; test_rodbc.py reads the lines. Arguments: query, columns of a
# table to save ("name type, ..."), file for the rows of the query, quote of names.
suppressPackageStartupMessages(library(RODBC))
arguments <- commandArgs(trailingOnly = TRUE)
show <- function(...) cat(..., sep = "\n")

channel <- odbcConnect("Clients", DBMSencoding = "UTF-8", believeNRows = FALSE, colQuote = arguments[4])
if (channel < 0) quit(status = 1)
show("== info", odbcGetInfo(channel)[c("DBMS_Name", "Driver_ODBC_Ver", "Driver_Name")])

rows <- sqlQuery(channel, arguments[1], as.is = TRUE, na.strings = character())
if (!is.data.frame(rows)) { show("== failed", rows); quit(status = 1) }
show("== classes", sapply(rows, function(column) class(column)[1]))
rows$ratio <- format(rows$ratio, digits = 17, trim = TRUE)
write.table(rows, arguments[3], sep = "\t", quote = FALSE, na = "\\N", col.names = FALSE, row.names = FALSE)

show("== converted")
few <- sqlQuery(channel, paste("select * from (", sub(" order by 1$", "", arguments[1]), ") s where n = 1 order by id"))
show(as.character(class(few$day)), as.character(class(few$moment)[1]), format(few$day), format(few$moment, "%Y-%m-%d %H:%M:%S"))

show("== error", sqlQuery(channel, "select * from no_such_table_here"))

show("== saved")
invisible(sqlQuery(channel, paste("create table r_saved (", arguments[2], ")")))
frame <- data.frame(id = c(1L, 2L, NA), ratio = c(0.5, NA, -1e300), label = c("it's", NA, "\u017e\U1F600"))
stopifnot(sqlSave(channel, frame, "r_saved", append = TRUE, rownames = FALSE) == 1)
back <- sqlFetch(channel, "r_saved", stringsAsFactors = FALSE)
back <- back[order(back$id), ]
stopifnot(identical(back$id, c(1L, 2L, NA)), identical(back$ratio, c(0.5, NA, -1e300)))
show(format(back$label))
show("== tables", with(sqlTables(channel, tableName = "r_saved"), paste(TABLE_NAME, TABLE_TYPE)))
show("== columns", with(sqlColumns(channel, "r_saved"), paste(COLUMN_NAME, TYPE_NAME, NULLABLE)))
show("== types", nrow(sqlTypeInfo(channel)) > 5)
invisible(sqlDrop(channel, "r_saved"))
show("== left", nrow(sqlTables(channel, tableName = "r_saved")))
odbcCloseAll()
