/// The patch in the middle of each of about equal rectangles.
///
/// It is the baseline that any other method has to beat, and it costs nothing.
struct UniformTokens: PictureTokenMethod {
  let name = "uniform"
  let summary = "patches at equal distances"

  func groups(_ picture: PictureRows, count: Int) -> [[Int]] {
    picture.blocks(count).map { [$0[$0.count / 2]] }
  }
}
