// What the official JDBC driver sees: one `name: value` line each on standard output.
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;

public class Check {
    static final String ENDLESS = "select count(*) from range(1000000000000) where rand() < 2";

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put("UID", "token");
        properties.put("PWD", System.getenv("WAREHOUSE_TOKEN"));
        try (Connection connection = DriverManager.getConnection(System.getenv("WAREHOUSE_JDBC_URL"), properties)) {
            metadata(connection.getMetaData());
            statements(connection);
            parameters(connection);
            pages(connection);
            cancellation(connection);
            files(connection);
        }
        System.exit(0);
    }

    static void metadata(DatabaseMetaData metadata) throws SQLException {
        say("product", metadata.getDatabaseProductName());
        say("catalogs", column(metadata.getCatalogs(), "TABLE_CAT"));
        say("schemas", column(metadata.getSchemas("spark_catalog", "driver%"), "TABLE_SCHEM"));
        say("tables", column(metadata.getTables("spark_catalog", "drivers", "%", null), "TABLE_NAME"));
        say("columns", column(metadata.getColumns("spark_catalog", "drivers", "typed", "%"), "COLUMN_NAME"));
        say("column types", column(metadata.getColumns("spark_catalog", "drivers", "typed", "%"), "TYPE_NAME"));
        say("keys", column(metadata.getPrimaryKeys("spark_catalog", "drivers", "typed"), "COLUMN_NAME"));
        say("types", column(metadata.getTypeInfo(), "TYPE_NAME").size() > 10);
    }

    static void statements(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery("select * from drivers.typed order by id nulls last")) {
                ResultSetMetaData columns = rows.getMetaData();
                while (rows.next()) {
                    List<String> values = new ArrayList<>();
                    for (int index = 1; index <= columns.getColumnCount(); index++) {
                        values.add(columns.getColumnName(index) + "=" + rows.getString(index));
                    }
                    say("typed", values);
                }
            }
            say("changed", statement.executeUpdate("update drivers.changed set id = id + 1"));
            try {
                statement.executeQuery("select * from missing");
                say("failed", "ran");
            } catch (SQLException error) {
                say("failed", error.getSQLState() + " " + error.getMessage());
            }
        }
    }

    static void parameters(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("select ? + 1 as a, ? as b, ? as c")) {
            statement.setInt(1, 41);
            statement.setString(2, "it's");
            statement.setBigDecimal(3, new java.math.BigDecimal("1.50"));
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                say("parameters", List.of(rows.getInt(1), rows.getString(2), rows.getBigDecimal(3)));
            }
        }
    }

    static void pages(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "select id, repeat('x', 50) as x from range(250000) order by id")) {
            long count = 0;
            boolean inOrder = true;
            while (rows.next()) {
                inOrder &= rows.getLong(1) == count;
                count++;
            }
            say("pages", count + " " + inOrder);
        }
    }

    static void cancellation(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            CompletableFuture<String> running = CompletableFuture.supplyAsync(() -> outcome(statement));
            Thread.sleep(5000); // the driver knows what to cancel once the server has answered, after 2 s
            statement.cancel();
            say("cancelled", running.get());
        }
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            say("timed out", outcome(statement));
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select 2 as two")) {
            rows.next();
            say("after", rows.getInt("two"));
        }
    }

    static void files(Connection connection) throws SQLException {
        String folder = System.getenv("WAREHOUSE_FOLDER");
        String file = "/Volumes/spark_catalog/drivers/landing/jdbc.txt";
        try (Statement statement = connection.createStatement()) {
            statement.execute("put '" + folder + "/sent.txt' into '" + file + "' overwrite");
            statement.execute("get '" + file + "' to '" + folder + "/jdbc.txt'");
            try (ResultSet rows = statement.executeQuery("list '/Volumes/spark_catalog/drivers/landing'")) {
                say("files", column(rows, "name"));
            }
            statement.execute("remove '" + file + "'");
            try (ResultSet rows = statement.executeQuery("list '/Volumes/spark_catalog/drivers/landing'")) {
                say("removed", column(rows, "name"));
            }
        }
    }

    static String outcome(Statement statement) {
        try {
            statement.executeQuery(ENDLESS);
            return "ran";
        } catch (SQLException error) {
            return error.getClass().getSimpleName() + " " + error.getSQLState() + " " + error.getMessage();
        }
    }

    static List<String> column(ResultSet rows, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        while (rows.next()) {
            values.add(rows.getString(name));
        }
        return values;
    }

    static void say(String name, Object value) {
        System.out.println(name + ": " + String.valueOf(value).replace("\n", " "));
    }
}
