/// The patches that the tower's class token attends to most, in the last block that the model uses.
///
/// Source: Yang et al., "VisionZip: Longer is Better but Not Necessary in Vision Language Models",
/// https://arxiv.org/abs/2412.04467 (its dominant tokens).
struct ClassAttentionTokens: PictureTokenMethod {
  let name = "cls"
  let summary = "the patches that the tower's class token looks at"
  let needsClassRow = true

  func groups(_ picture: PictureRows, count: Int) -> [[Int]] {
    guard let attention = picture.classAttention else { return [] }
    let ranked = picture.patches.sorted {
      (attention[$0], $1) > (attention[$1], $0)
    }
    return ranked.prefix(count).sorted().map { [$0] }
  }
}
