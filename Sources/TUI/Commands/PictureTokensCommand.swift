import Basics
import Inference

extension SlashCommand {
  static let pictureTokens = SlashCommand(
    name: "picture-tokens",
    argument: Argument(
      placeholder: "N",
      candidates: .names { _ in ["all"] + PictureTokenMethods.all.map { $0.name + ":" } }),
    summary: "let no more than N rows of the picture into the language model; all: every one",
    details: "Fewer rows make the first word come sooner, which eviction never does. "
      + PictureTokenMethods.all.map { "\($0.name):N takes \($0.summary)" }.joined(separator: "; ")
      + "; N alone goes on with the method at hand, at first \(PictureTokenMethods.all[0].name). The "
      + "conversation goes on and is read again. Dropped rows have no entries, so recall cannot bring "
      + "them back."
  ) { state, text in
    text.isEmpty ? state.tellPictureTokens() : state.setPictureTokens(typed: text)
  }
}

extension AppState {
  fileprivate mutating func tellPictureTokens() -> [AppEffect] {
    let shown =
      picture?.patches.map {
        "; this picture has \(Format.count($0.rows.count))"
          + ($0.dropped.isEmpty ? "" : ", \(Format.counted($0.dropped.count, "patch")) dropped")
      } ?? ""
    notice("picture tokens: \(Self.words(pictureTokens.chosen))\(shown)")
    return []
  }

  fileprivate mutating func setPictureTokens(typed text: String) -> [AppEffect] {
    if let model, !model.seesPictures {
      return refuse("\(PictureTokenError.textModel(model.name))")
    }
    guard text != "all" else { return setPictureTokens(nil) }
    do {
      return setPictureTokens(
        try PictureTokens(parsing: text, by: pictureTokens.method, most: model?.imageTokens))
    } catch {
      return refuse("\(error) /picture-tokens all takes every row.")
    }
  }
}
