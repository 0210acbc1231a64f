import Foundation

/// Finds the section of a folder's files that says how pictures are prepared for the vision tower.
enum ImageProcessor {
  /// The object `image_processor` of `processor_config.json`, which transformers 5 writes and, where both
  /// are there, prefers, or else `preprocessor_config.json`; nil where there is neither.
  static func section(in folder: String) throws(WeightError) -> ConfigurationFile? {
    let file = try ConfigurationFile.optional(path: folder + "/processor_config.json")
    if let file, file.has("image_processor") { return try file.section("image_processor") }
    return try ConfigurationFile.optional(path: folder + "/preprocessor_config.json")
  }
}

extension ConfigurationFile {
  /// Checks that the processor only scales to [0, 1] and normalises, and yields pictures of the
  /// size that the tower takes.
  ///
  /// - Parameter side: of the tower's input, in pixels.
  func verifyProcessor(side: Int) throws(WeightError) {
    for step in ["do_resize", "do_rescale", "do_normalize"] {
      guard try boolean(step, default: true) else {
        throw unsupported(step, "is false; only pictures that go through all steps are supported")
      }
    }
    let factor = try number("rescale_factor", default: 1 / 255, in: 0...1)
    guard abs(factor * 255 - 1) < 1e-6 else {
      throw unsupported("rescale_factor", "is \(factor); available: 1/255")
    }
    // Pillow's number for bicubic.
    let filter = try integer("resample", default: 3, in: 0...5)
    guard filter == 3 else {
      throw unsupported("resample", "is \(filter); available: 3 (bicubic)")
    }
    for key in ["crop_size", "size"] where has(key) {
      for given in try sides(key) where given != side {
        throw unsupported(
          key, "is \(given) pixels, but the vision tower takes pictures of \(side)")
      }
    }
  }

  /// The sides that a size names: a number, `{shortest_edge}`, or `{height, width}`.
  private func sides(_ key: String) throws(WeightError) -> [Int] {
    guard isObject(key) else { return [try integer(key, in: SizeLimit.imageSide)] }
    let size = try section(key)
    var sides: [Int] = []
    for name in ["shortest_edge", "height", "width"] where size.has(name) {
      sides.append(try size.integer(name, in: SizeLimit.imageSide))
    }
    return sides
  }
}
