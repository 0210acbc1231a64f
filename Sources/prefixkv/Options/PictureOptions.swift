import ArgumentParser
import Inference

/// The one picture that a conversation is about.
struct PictureOptions: ParsableArguments {
  @Option(
    name: .customLong("image"),
    help: """
      A \(ImageFile.formats) file, read as a viewer shows it: upright, transparent parts on white, \
      of an animation the first frame.
      """, completion: .file())
  var images: [String] = []

  /// nil where no picture is named.
  var path: String? { images.first }

  func validate() throws {
    guard images.count < 2 else {
      throw ValidationError(
        "--image is given \(images.count) times, but a conversation is about one picture. Give one."
      )
    }
  }
}
