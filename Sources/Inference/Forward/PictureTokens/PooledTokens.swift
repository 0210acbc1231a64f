/// The mean of each of about equal rectangles of patches, after the projector.
///
/// It is average pooling: everything is seen, nothing sharply, so nothing is dropped altogether.
struct PooledTokens: PictureTokenMethod {
  let name = "downsample"
  let summary = "means of neighbouring patches"

  func groups(_ picture: PictureRows, count: Int) -> [[Int]] { picture.blocks(count) }
}
