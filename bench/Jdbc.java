// Fetches one result through a JDBC driver, once for each line that it reads, and prints a line of JSON each time.
//
//     java -cp DRIVER.jar:FOLDER Jdbc URL USER SQL FETCH_SIZE COLUMNS
//
// COLUMNS has one letter for each column, as in harness.c, which makes the same sums; the first fetches let the Java
// machine compile the driver, so a process stays for all of them.
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.time.ZoneOffset;
import java.util.*;

class Jdbc {
  public static void main(String[] a) throws Exception {
    Properties login = new Properties();
    login.setProperty("user", a[1]);
    for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); lines.nextLine()) {
      try (Connection c = DriverManager.getConnection(a[0], login); Statement s = c.createStatement()) {
        s.setFetchSize(Integer.parseInt(a[3]));
        System.out.println(fetch(s, a[2], a[4].toCharArray()));
      }
    }
  }

  static String fetch(Statement s, String sql, char[] letters) throws SQLException {
    long rows = 0;
    long[] sums = new long[letters.length];
    double[] reals = new double[letters.length];
    long start = System.nanoTime();
    try (ResultSet r = s.executeQuery(sql)) {
      for (; r.next(); rows++)
        for (int i = 0; i < letters.length; i++)
          if (letters[i] == 'd') reals[i] += r.getDouble(i + 1);
          else sums[i] += cell(r, i + 1, letters[i]);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    StringJoiner all = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < letters.length; i++) all.add(letters[i] == 'd' ? "" + reals[i] : "" + sums[i]);
    return "{\"rows\": " + rows + ", \"seconds\": " + seconds + ", \"sums\": " + all + "}";
  }

  // A number; the bytes of a text; days or seconds since 1970. NULL counts as 0.
  static long cell(ResultSet r, int i, char letter) throws SQLException {
    switch (letter) {
      case 'i': return r.getLong(i);
      case 'l': return r.getInt(i);
      case 'D': { java.sql.Date d = r.getDate(i); return d == null ? 0 : d.toLocalDate().toEpochDay(); }
      case 'T': { Timestamp t = r.getTimestamp(i); return t == null ? 0 : t.toLocalDateTime().toEpochSecond(ZoneOffset.UTC); }
      default: { String t = r.getString(i); return t == null ? 0 : t.getBytes(StandardCharsets.UTF_8).length; }
    }
  }
}
