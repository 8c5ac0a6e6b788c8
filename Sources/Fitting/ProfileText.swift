import Quantities

/// How calibrated profiles write values in YAML.
public enum ProfileText {
  /// A number with six significant digits.
  public static func number(_ value: Double) -> String { NumberText.format(value, significantDigits: 6) }

  /// A text in single quotes.
  public static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
