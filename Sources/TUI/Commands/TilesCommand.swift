import Basics

extension SlashCommand {
  static let tiles = SlashCommand(
    name: "tiles", argument: Argument(placeholder: "N"),
    summary: "look at no more than N squares of the picture; all: as many as the model wants",
    details:
      "Models such as LLaVA-1.6 look at the whole picture and at parts of it. /tiles 1 looks at the whole "
      + "alone, which is quickest and shows least detail. The picture is encoded again, and a new "
      + "conversation begins."
  ) { state, text in
    text.isEmpty ? state.tellTiles() : state.setTiles(text)
  }
}

extension AppState {
  fileprivate mutating func tellTiles() -> [AppEffect] {
    let limit = tiles.map { "at most \($0)" } ?? "as many as the model wants"
    guard let layout = picture?.layout else {
      notice("tiles: \(limit)")
      return []
    }
    notice(
      "tiles: \(limit); this picture has \(layout.tileCount), which take "
        + "\(Format.count(layout.count)) rows")
    return []
  }

  fileprivate mutating func setTiles(_ text: String) -> [AppEffect] {
    let number = Int(text)
    guard text == "all" || number.map({ $0 > 0 }) == true else {
      return refuse("'\(text)' is no number of tiles. /tiles 1 is quickest; /tiles all shows most.")
    }
    guard number != tiles else {
      acknowledge("tiles: nothing changes")
      return []
    }
    if let noTiles = model?.noTiles {
      acknowledge(noTiles)
      return []
    }
    let isLess = (number ?? .max) < (tiles ?? .max)
    tiles = number
    let trade = isLess ? "less time, less detail" : "more detail, more time"
    acknowledge("tiles \(text): \(trade)")
    // The picture is encoded again, and its rows begin a new conversation.
    loads.isEncoding = picture != nil && model != nil
    return [.post(.setTiles(number))]
  }
}
