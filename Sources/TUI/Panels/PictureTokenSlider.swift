import Basics

/// The row of the budget panel that says how many rows of the picture enter the language model.
struct PictureTokenSlider {
  /// Where it stands in the panel.
  static let row = 2
  private static let labelWidth = 10
  /// Columns from which on there is room for the method's name.
  private static let leastWithMethod = 22

  private let most: Int
  private let count: Int
  private let method: String
  private let isMoving: Bool
  private let slider: BudgetSlider

  /// nil where there is no picture that the model sees, or no room.
  init?(_ state: AppState, _ size: Size) {
    guard let most = state.pictureRows, size.rows > Self.row else { return nil }
    self.most = most
    count = state.pictureTokens.count(of: most)
    isMoving = state.pictureTokens.isMoving
    let name = count < most ? state.pictureTokens.method.name : "of the picture"
    method = size.columns >= Self.leastWithMethod + name.count ? name : ""
    let trailing = method.isEmpty ? 0 : method.count + 2
    slider = BudgetSlider(x: Self.labelWidth, end: size.columns - trailing)
  }

  /// The number of rows that a column means.
  func count(at column: Int) -> Int {
    max(1, Int((slider.fraction(at: column) * Double(most)).rounded()))
  }

  func draw(isFocused: Bool, into canvas: inout Canvas) {
    let style = Style(isMoving ? .accent : .image, isMoving ? [.bold] : [])
    let label = Format.count(count) + (count == 1 ? " row" : " rows")
    canvas.put(label, x: 0, y: Self.row, limit: Self.labelWidth - 1, style: style)
    slider.draw(
      share: Double(count) / Double(max(1, most)), y: Self.row, role: .image, isBold: isFocused,
      into: &canvas)
    canvas.putTrailing(
      method, end: canvas.size.columns, y: Self.row, limit: method.count, style: Style(.dim))
  }
}

extension AppState {
  /// Whether rows of the picture are kept from the language model, or are about to be.
  var losesPictureRows: Bool {
    guard let most = pictureRows else { return false }
    return pictureTokens.isMoving || pictureTokens.count(of: most) < most
  }

  /// What the slider of the picture's rows says, for plain text; nil where there is none.
  var pictureTokenLine: String? {
    guard let most = pictureRows else { return nil }
    let count = pictureTokens.count(of: most)
    return "picture tokens: \(Format.count(count)) of \(Format.count(most))"
      + (count < most ? ", by \(pictureTokens.method.name)" : "")
  }
}
