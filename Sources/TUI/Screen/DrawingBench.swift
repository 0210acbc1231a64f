import Basics
import Inference
import KVCache

/// Measures how long the screen takes to draw where there is most to draw: a cache as large as a tiled
/// picture makes it, whose entries change with every frame.
public struct DrawingBench {
  /// The largest prompt of LLaVA-1.6-7B.
  private static let (layers, positions) = (32, 2928)
  /// Of the 2928 positions these are the picture's: 54 x 54.
  private static let side = 54
  private static let frames = 31

  /// Nothing is measured yet.
  public init() {}

  /// - Returns: what was drawn, and medians of 31 frames: of drawing it, and of writing the picture as the
  ///   terminal's protocol wants it; nil where pictures are cells.
  public func run() -> [(name: String, drawing: Duration, encoding: Duration?)] {
    let caches = [Self.entries(seed: 1), Self.entries(seed: 2)]
    return Self.scenes.map { name, change in
      var state = Self.state()
      change(&state)
      let memo = DrawingMemo()
      var painter = PicturePainter(isInTmux: false)
      let clock = ContinuousClock()
      let times = (0..<Self.frames).map { frame in
        state.entries = caches[frame % 2]
        var canvas = Canvas(state.size)
        let drawing = clock.measure { canvas = draw(state, memo: memo) }
        let encoding = clock.measure {
          _ = painter.change(
            to: canvas.picture, isUnknown: false, cell: PicturePainter.usualCell)
        }
        return (drawing: drawing, encoding: encoding)
      }
      func median(_ times: [Duration]) -> Duration { times.sorted()[Self.frames / 2] }
      return (
        name, median(times.map(\.drawing)),
        state.graphics == .cells ? nil : median(times.map(\.encoding))
      )
    }
  }

  private static let scenes: [(String, @Sendable (inout AppState) -> Void)] = [
    ("overlay kept", { $0.overlay = .kept }),
    ("overlay importance", { $0.overlay = .importance }),
    (
      "overlay kept, picture zoomed",
      {
        $0.overlay = .kept
        $0.zoomed = .picture
      }
    ),
    (
      "overlay kept in pixels, for kitty",
      {
        $0.overlay = .kept
        $0.options.graphics = .kitty
      }
    ),
    (
      "overlay importance as sixels, while an answer is written",
      {
        $0.overlay = .importance
        $0.options.graphics = .sixel
        $0.isAnswering = true
      }
    ),
    ("map of the layers, zoomed", { $0.zoomed = .layers }),
    (
      "map and overlay at 200 x 60",
      { ($0.overlay, $0.size) = (.kept, Size(columns: 200, rows: 60)) }
    ),
  ]

  private static func state() -> AppState {
    var state = AppState(
      size: Size(columns: 120, rows: 35), depth: .direct, options: AppOptions())
    let pixels = Pixels(
      width: 54 * 14, height: 54 * 14,
      rgb: (0..<54 * 14 * 54 * 14 * 3).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    var picture = Picture(path: "", pixels: pixels, serial: 1)
    picture.patches = PatchMap(
      width: pixels.width, height: pixels.height,
      rows: (0..<side * side).map { index in
        PictureRegion(
          x: Double(index % side) * 14, y: Double(index / side) * 14, width: 14, height: 14)
      })
    state.picture = picture
    let layer = LayerRetention(
      system: 4, image: side * side / 2, user: 8, assistant: 0, seen: positions)
    state.cache = CacheSnapshot(
      layers: Array(repeating: layer, count: layers), budget: 0.5, policy: "prefixkv",
      threshold: 0.9, bytesKept: 1, bytesFull: 2, bytesSpilled: 1, bytesResident: 2)
    return state
  }

  /// Each layer keeps about half of the positions.
  private static func entries(seed: UInt64) -> CacheEntries {
    var random = SplitMix64(seed: seed)
    let first = 4
    let end = first + side * side
    return CacheEntries(
      runs: [
        .init(segment: .system, positions: 0..<first),
        .init(segment: .image, positions: first..<end),
        .init(segment: .user, positions: end..<positions),
      ],
      kept: (0..<layers).map { _ in
        PositionSet((0..<Int32(positions)).filter { _ in random.next() & 1 == 0 }, count: positions)
      },
      importance: Importance(
        rows: (0..<layers).map { _ in
          (0..<positions).map { _ in Float(random.next() >> 40) / Float(1 << 24) }
        }))
  }
}
