import Basics
import Foundation

extension SessionFormat {
  /// One page that needs nothing else: the picture is in it, and below each answer what every layer of
  /// the cache held. Nothing in it is a program, and a browser is told to run none.
  static let html = SessionFormat(ending: "html") { session, picture in
    let title = escaped(session.title ?? "Conversation")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>\(style)</style>
      </head>
      <body>
      <h1>\(title)</h1>
      \(facts(session.setting))
      \(figure(session.setting.picture, picture))\
      \(session.messages.map(section).joined())\
      </body>
      </html>

      """
  }

  private static func facts(_ setting: SessionSetting) -> String {
    let system = setting.system.map { "<br>System: \(escaped($0))" } ?? ""
    return "<p class=\"facts\">Model: \(escaped(setting.modelFacts))\(system)</p>"
  }

  private static func figure(_ path: String?, _ picture: [UInt8]?) -> String {
    guard let path else { return "" }
    let name = escaped(PathText.name(of: path))
    let image =
      picture.map {
        "<img alt=\"\(name)\" src=\"data:image/png;base64,\(Data($0).base64EncodedString())\">"
      } ?? ""
    return "<figure>\(image)<figcaption>\(name)</figcaption></figure>\n"
  }

  private static func section(_ message: SavedMessage) -> String {
    let text = escaped(message.text)
    guard message.role == .answer else {
      return "<section class=\"question\"><h2>You</h2><p>\(text)</p></section>\n"
    }
    let remark = message.remark.map { "<p class=\"facts\">\(escaped($0))</p>" } ?? ""
    let kind = message.isFormer ? "answer former" : "answer"
    return "<section class=\"\(kind)\"><h2>Model</h2><p>\(text)</p>\(remark)\(bars(message.layers))"
      + "</section>\n"
  }

  // MARK: Layers

  /// One bar for each layer: entries of the picture, entries of text, and what was evicted.
  private static func bars(_ layers: [SavedMessage.Layer]) -> String {
    guard !layers.isEmpty else { return "" }
    let rows = layers.enumerated().map { index, layer in
      let kept = layer.image + layer.text
      let share = Format.percent(Double(kept) / Double(max(1, layer.seen)))
      let words =
        "layer \(index): \(Format.count(layer.image)) \(layer.image == 1 ? "entry" : "entries") of the "
        + "picture, "
        + "\(Format.count(layer.text)) of text, \(Format.count(layer.seen)) seen"
      return "<tr title=\"\(words)\"><th>\(index)</th><td><span class=\"bar\">"
        + "<i class=\"image\" style=\"width:\(width(layer.image, layer.seen))\"></i>"
        + "<i class=\"text\" style=\"width:\(width(layer.text, layer.seen))\"></i>"
        + "</span></td><td>\(share)</td></tr>"
    }
    return "<details open><summary>What each layer kept: <i class=\"key image\"></i> picture "
      + "<i class=\"key text\"></i> text</summary><table>\(rows.joined(separator: "\n"))</table>"
      + "</details>"
  }

  private static func width(_ part: Int, _ whole: Int) -> String {
    let share = Double(max(0, part)) / Double(max(1, whole))
    return Format.decimal(min(1, share) * 100, 2) + "%"
  }

  // MARK: Text

  /// Text as HTML shows it literally, also inside of an attribute. Control characters are shown by
  /// stand-ins.
  private static func escaped(_ text: String) -> String {
    DisplayText.visible(text).reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.append(character)
      }
    }
  }

  private static let style = """
    :root{color-scheme:light dark;--image:#2a78c8;--text:#b06a10;--track:#8884}
    body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
    h1{font-size:1.5rem}h2{font-size:.9rem;margin:0;opacity:.7}
    section{border-left:3px solid var(--track);padding-left:1rem;margin:1.2rem 0}
    section.question{border-color:var(--image)}section.former{opacity:.6}
    section>p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}
    .facts,summary,figcaption,table{font-size:.85rem;opacity:.85}
    figure{margin:1rem 0}img{max-width:100%;image-rendering:auto}
    table{border-collapse:collapse;width:100%}th,td{padding:0 .5rem 0 0;text-align:right;line-height:1.2}
    td:nth-child(2){width:80%}.bar{display:flex;height:.7em;background:var(--track)}
    .bar i{display:block;height:100%}i.image{background:var(--image)}i.text{background:var(--text)}
    .key{display:inline-block;width:.7em;height:.7em}
    """
}
