import Basics
import Foundation
import Inference
import Sessions

/// What is kept of a picture beside its path.
enum KeptPicture {
  /// The side that a copy has at most, in pixels: as much as the towers of LLaVA-1.5 look at.
  private static let longestSide = 336

  /// nil where no PNG can be made.
  static func made(of pixels: Pixels, at path: String) -> SavedPicture? {
    copy(of: pixels).map { SavedPicture(digest: digest(of: path), copy: $0) }
  }

  /// A small PNG file; nil where none can be made.
  static func copy(of pixels: Pixels) -> [UInt8]? { try? small(pixels).png() }

  private static func small(_ pixels: Pixels) -> Pixels {
    let longest = max(pixels.width, pixels.height)
    guard longest > longestSide else { return pixels }
    func shortened(_ side: Int) -> Int { max(1, side * longestSide / longest) }
    return Bicubic.resize(
      pixels, width: shortened(pixels.width), height: shortened(pixels.height))
  }

  /// Empty for what is no plain file, or no longer: the copy then takes the picture's place.
  private static func digest(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return "" }
    return (try? SHA256.digest(file: path)) ?? ""
  }
}

/// Paths that mean the same in another folder.
enum KeptPaths {
  static func absolute(in request: SessionRequest) -> SessionRequest {
    guard case .keep(let number, let id, let session) = request else { return request }
    return .keep(number: number, id: id, absolute(in: session))
  }

  static func absolute(in session: SavedSession) -> SavedSession {
    var session = session
    session.setting.model = session.setting.model.map(absolute)
    session.setting.picture = session.setting.picture.map(absolute)
    return session
  }

  /// A name of a model that is no path stays as it is.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), access(path, F_OK) == 0 else { return path }
    return FileManager.default.currentDirectoryPath + "/" + path
  }
}
