import Basics

/// The data set of an evaluation, and which of its samples are run.
public struct DataSelection: Sendable {
  /// The data set's file.
  public var path: String
  /// The folder that picture paths in the data are relative to.
  public var imageRoot: String
  /// Samples at the beginning that are left out.
  public var skipped: Int
  /// Samples after those that are run; nil stands for all.
  public var limit: Int?
  /// Whether the first bad item ends the evaluation instead of being left out.
  public var isStrict: Bool
  /// Whether all turns of an item's conversation are asked.
  public var needsTurns: Bool

  /// - Parameter imageRoot: nil stands for the data set's own folder.
  public init(
    path: String, imageRoot: String? = nil, skipped: Int = 0, limit: Int? = nil,
    isStrict: Bool = false, needsTurns: Bool = false
  ) {
    self.path = path
    self.imageRoot = imageRoot ?? PathText.folder(of: path)
    self.skipped = skipped
    self.limit = limit
    self.isStrict = isStrict
    self.needsTurns = needsTurns
  }
}
