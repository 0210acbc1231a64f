/// How a picture is read in the points where a picture viewer and the reference implementation
/// differ.
public struct ImageReading: Sendable, Equatable {
  /// Whether the picture is turned as its EXIF tag says.
  public var appliesOrientation: Bool
  /// Whether transparent parts become white or are dropped.
  public var transparency: Transparency
  /// Whether a picture of some 64 million pixels or more is decoded at a half, a quarter or an eighth
  /// of its sides, so that memory stays small.
  public var shrinksLarge: Bool

  /// As a viewer shows it, for `ask` and `chat`: upright, transparency on white, and the largest
  /// pictures at a fraction of their size.
  public static let asSeen = ImageReading(
    appliesOrientation: true, transparency: .onWhite, shrinksLarge: true)

  /// As the reference reads it, `Image.open(path).convert("RGB")`, for `trace` and `eval`:
  /// transparency dropped, every pixel decoded.
  ///
  /// - Parameter appliesOrientation: The reference evaluation leaves pictures as they are stored;
  ///   the Hugging Face loader turns them.
  public static func asReference(appliesOrientation: Bool = false) -> ImageReading {
    ImageReading(
      appliesOrientation: appliesOrientation, transparency: .dropped, shrinksLarge: false)
  }
}
