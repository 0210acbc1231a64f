import Foundation

/// Control sequences of kitty's graphics protocol.
///
/// Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/. `q=2` keeps the terminal from answering,
/// because an answer would arrive among the keys.
enum KittyGraphics {
  /// Most characters of data in one sequence, as the protocol demands.
  private static let chunk = 4096

  /// Sends a PNG and shows it at the cursor, scaled to so many cells; with placeholders it is shown where
  /// those stand. A picture of the same number goes.
  static func show(
    _ png: [UInt8], number: UInt8, columns: Int, rows: Int, hasPlaceholders: Bool
  ) -> String {
    let data = Array(Data(png).base64EncodedString().utf8)
    // C=1: the cursor stays. p=1: showing it again moves it.
    let placement = hasPlaceholders ? "U=1" : "C=1,p=1"
    let control = "a=T,f=100,i=\(number),q=2,c=\(columns),r=\(rows),\(placement)"
    return stride(from: 0, to: max(1, data.count), by: chunk).map { start in
      let end = min(data.count, start + chunk)
      let first = start == 0 ? control + "," : "q=2,"
      let text = String(decoding: data[start..<end], as: UTF8.self)
      return "\u{1B}_G\(first)m=\(end < data.count ? 1 : 0);\(text)\u{1B}\\"
    }.joined()
  }

  /// Takes the picture off the screen and out of the terminal's memory.
  static func remove(_ number: UInt8) -> String { "\u{1B}_Ga=d,d=I,i=\(number),q=2\u{1B}\\" }
}
