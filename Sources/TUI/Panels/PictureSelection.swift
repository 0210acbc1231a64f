/// Which of the model's patches a place of the picture panel is.
extension PictureOverlay {
  /// - Parameter size: of the panel's body.
  /// - Returns: the position in the sequence of the patch there; nil beside the picture.
  func position(at point: Point, in size: Size) -> Int? {
    guard let place = place(in: size), place.contains(point), let map = picture.patches else {
      return nil
    }
    let x = frame.x + (Double(point.x - place.x) + 0.5) * frame.width / Double(place.width)
    let y = frame.y + (Double(point.y - place.y) + 0.5) * frame.height / Double(place.height)
    let positions = state.entries?.imagePositions ?? []
    let patch = map.rows.firstIndex { patch in
      guard let patch else { return false }
      return patch.x <= x && x < patch.x + patch.width && patch.y <= y
        && y < patch.y + patch.height
    }
    guard let patch, patch < positions.count else { return nil }
    return positions[patch]
  }
}
