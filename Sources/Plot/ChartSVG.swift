import Basics
import Foundation

extension Chart {
  /// A stand-alone SVG document.
  public var svg: String {
    let layout = ChartLayout(self)
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(layout.width)" height="\(layout.height)" \
      viewBox="0 0 \(layout.width) \(layout.height)" font-family="sans-serif" font-size="13">
      <rect width="100%" height="100%" fill="#ffffff"/>

      """
    for stroke in layout.strokes {
      let points = stroke.points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
      text += "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(hex(stroke.colour))\" "
      text += "stroke-width=\"\(short(stroke.width))\"/>\n"
    }
    for dot in layout.dots {
      text += "<circle cx=\"\(short(dot.x))\" cy=\"\(short(dot.y))\" r=\"3\" "
      text += "fill=\"\(hex(dot.colour))\"/>\n"
    }
    for label in layout.labels {
      let (x, y) = (short(label.x), short(label.y))
      let turn = label.isTurned ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
      let weight = label.isTitle ? " font-weight=\"bold\" font-size=\"15\"" : ""
      text += "<text x=\"\(x)\" y=\"\(y)\" dominant-baseline=\"central\" "
      text += "text-anchor=\"\(label.anchor.rawValue)\" fill=\"\(hex(ChartLayout.ink))\"\(weight)"
      text += "\(turn)>\(escaped(label.text))</text>\n"
    }
    return text + "</svg>\n"
  }

  private func short(_ value: Double) -> String {
    let text = Format.decimal(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private func hex(_ colour: Int) -> String { String(format: "#%06x", colour) }

  /// The text with XML's own characters escaped. Control characters are replaced, because XML does
  /// not allow them, even as references.
  private func escaped(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case _ where scalar.properties.generalCategory == .control: "\u{FFFD}"
      default: String(scalar)
      }
    }.joined()
  }
}
