import Basics
import Foundation

extension ModelLocator {
  /// The picture that a chat opens with when none is named; nil when the assets are not there.
  public static func samplePicture() -> String? {
    AssetFolders.all().map { $0 + "/pictures/confetti.png" }
      .first(where: FileManager.default.isReadableFile)
  }
}
