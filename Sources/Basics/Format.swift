import Foundation

/// Numbers written for people, the same everywhere in the program.
public enum Format {
  /// `12 B`, `3.4 KiB`, `280.0 MiB`, `3.9 GiB`
  public static func bytes(_ count: Int) -> String {
    var value = Double(count)
    var unit = 0
    while abs(value) >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(decimal(value, 1)) \(units[unit])"
  }

  /// `84.0 of 280.0 MiB`, and `840.0 KiB of 2.8 MiB` where each has a unit of its own: the part reads as
  /// it does alone, so that two places of a screen show the same figure.
  public static func bytes(_ part: Int, of whole: Int) -> String {
    let (part, whole) = (bytes(part), bytes(whole))
    guard let unit = units.first(where: { whole.hasSuffix(" " + $0) }), part.hasSuffix(" " + unit),
      unit != units[0]
    else { return "\(part) of \(whole)" }
    return "\(part.dropLast(unit.count + 1)) of \(whole)"
  }

  private static let units = ["B", "KiB", "MiB", "GiB", "TiB"]

  /// `30 %`, `2.5 %` below ten.
  public static func percent(_ share: Double) -> String {
    let percent = share * 100
    let isWhole = abs(percent - percent.rounded()) < 0.05
    return "\(decimal(percent, percent < 10 && !isWhole ? 1 : 0)) %"
  }

  /// `30.0 %` with as many digits behind the point as asked for, so that columns line up.
  public static func percent(_ share: Double, decimals: Int) -> String {
    "\(decimal(share * 100, decimals)) %"
  }

  /// `33.33 %`: with as many significant digits as asked for, so that near shares stay apart.
  public static func percent(_ share: Double, significant: Int) -> String {
    "\(digits(share * 100, significant)) %"
  }

  /// `0.8 ms`, `42 ms`, `1.25 s`, `2 min 5 s`
  public static func duration(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    if seconds < 0.0995 { return "\(decimal(seconds * 1000, 1)) ms" }
    if seconds < 0.9995 { return "\(decimal(seconds * 1000, 0)) ms" }
    if seconds < 99.5 { return "\(decimal(seconds, seconds < 10 ? 2 : 1)) s" }
    let whole = Int(seconds.rounded())
    return "\(whole / 60) min \(whole % 60) s"
  }

  /// `2026-11-27 23:50`, in the time zone of the machine.
  ///
  /// - Parameter seconds: since 1970.
  public static func moment(_ seconds: Int) -> String {
    var (time, parts) = (time_t(seconds), tm())
    localtime_r(&time, &parts)
    return String(
      format: "%04d-%02d-%02d %02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
      parts.tm_hour, parts.tm_min)
  }

  /// `42 s`, `3 min 20 s`, `2 h 5 min`: for estimates, which are not known more exactly.
  public static func wholeSeconds(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    if seconds >= 3600 { return "\(seconds / 3600) h \(seconds / 60 % 60) min" }
    return seconds >= 60 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds) s"
  }

  /// The value with `digits` digits after the point; a dash for NaN and infinities.
  public static func decimal(_ value: Double, _ digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)f", value) : "–"
  }

  /// The value with `count` significant digits, and never fewer than its whole part has.
  public static func digits(_ value: Double, _ count: Int) -> String {
    abs(value) >= pow(10, Double(count))
      ? decimal(value, 0) : value.isFinite ? String(format: "%.\(count)g", value) : "–"
  }

  /// `0.5`, `1.25e+100`: with at most `digits` significant digits, and with an exponent where that
  /// is shorter.
  public static func general(_ value: Double, digits: Int) -> String {
    value.isFinite ? String(format: "%.\(digits)g", value) : "–"
  }

  /// `1 sample`, `2 samples`
  public static func counted(_ value: Int, _ noun: String) -> String {
    "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  /// `6144` as `6144`, `123456` as `123 456`: a thin group mark only where it helps.
  public static func count(_ value: Int) -> String {
    let digits = String(value)
    guard digits.count > 4 else { return digits }
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += " " }
      result.append(digit)
    }
    return result
  }
}
