import Foundation

extension ModelLocator {
  /// The picture a chat opens with when none is named; nil when the assets are not there.
  public static func samplePicture() -> String? {
    for folder in assetFolders() {
      let path = folder + "/pictures/confetti.png"
      if FileManager.default.isReadableFile(atPath: path) { return path }
    }
    return nil
  }
}
