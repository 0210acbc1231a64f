import CChafa
import Inference

/// The block characters that the terminal's font can be trusted with.
enum PictureSymbols: Sendable {
  case halves, quarters
}

enum PictureCells {
  /// `[rows, columns]` of `size`.
  static func draw(
    _ pixels: Pixels, size: Size, depth: ColorDepth, theme: Theme, symbols: PictureSymbols
  ) -> [Cell] {
    guard depth > .none else { return shades(pixels, size: size, theme: theme) }
    if symbols == .quarters || depth == .ansi,
      let cells = blocks(pixels, size: size, depth: depth, symbols)
    {
      return cells
    }
    return halves(pixels, size: size, depth: depth)
  }

  /// Box filter so that no side is longer than `side`: keeps rendering quick for camera pictures.
  /// What is transparent shows a checkerboard, sixteen squares along the longer side.
  static func reduced(_ pixels: Pixels, side: Int) -> Pixels {
    let longest = max(pixels.width, pixels.height)
    let pixels = pixels.onCheckerboard(square: max(1, longest / 16))
    guard longest > side else { return pixels }
    return boxed(
      pixels, width: max(1, pixels.width * side / longest),
      height: max(1, pixels.height * side / longest))
  }

  // MARK: chafa

  /// Half, quarter and block symbols by libchafa, without dither: in 256 colours dither looks noisy
  /// on plain areas. nil when the library refuses the size.
  private static func blocks(
    _ pixels: Pixels, size: Size, depth: ColorDepth, _ symbols: PictureSymbols
  ) -> [Cell]? {
    guard let canvas = chafaCanvas(size, depth, symbols) else { return nil }
    defer { chafa_canvas_unref(canvas) }
    chafa_canvas_draw_all_pixels(
      canvas, CHAFA_PIXEL_RGB8, pixels.rgb, gint(pixels.width), gint(pixels.height),
      gint(pixels.width * 3))
    return (0..<size.rows).flatMap { y in
      (0..<size.columns).map { x in
        var foreground: gint = -1
        var background: gint = -1
        let symbol = chafa_canvas_get_char_at(canvas, gint(x), gint(y))
        chafa_canvas_get_raw_colors_at(canvas, gint(x), gint(y), &foreground, &background)
        let glyph = Unicode.Scalar(symbol).map { String($0) } ?? " "
        return cell(glyph, ink(foreground, depth), ink(background, depth))
      }
    }
  }

  /// The caller owns the canvas.
  private static func chafaCanvas(
    _ size: Size, _ depth: ColorDepth, _ symbols: PictureSymbols
  ) -> OpaquePointer? {
    guard let map = chafa_symbol_map_new(), let config = chafa_canvas_config_new() else {
      return nil
    }
    defer {
      chafa_canvas_config_unref(config)
      chafa_symbol_map_unref(map)
    }
    var tags = CHAFA_SYMBOL_TAG_SPACE.rawValue | CHAFA_SYMBOL_TAG_HALF.rawValue
    if symbols == .quarters {
      tags |= CHAFA_SYMBOL_TAG_QUAD.rawValue | CHAFA_SYMBOL_TAG_BLOCK.rawValue
    }
    // Shades mix what few colours there are.
    if depth == .ansi { tags |= CHAFA_SYMBOL_TAG_STIPPLE.rawValue }
    chafa_symbol_map_add_by_tags(map, ChafaSymbolTags(tags))
    chafa_canvas_config_set_geometry(config, gint(size.columns), gint(size.rows))
    let mode =
      switch depth {
      case .direct: CHAFA_CANVAS_MODE_TRUECOLOR
      case .palette256: CHAFA_CANVAS_MODE_INDEXED_240
      // 16 colours in front, 8 behind.
      case .ansi, .none: CHAFA_CANVAS_MODE_INDEXED_16_8
      }
    chafa_canvas_config_set_canvas_mode(config, mode)
    chafa_canvas_config_set_symbol_map(config, map)
    chafa_canvas_config_set_work_factor(config, 0.9)
    chafa_canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_NONE)
    return chafa_canvas_new(config)
  }

  private static func ink(_ raw: gint, _ depth: ColorDepth) -> Ink {
    if raw < 0 { return .role(.text) }
    switch depth {
    case .direct: return .rgb(UInt32(raw))
    case .palette256: return .palette(UInt8(clamping: raw))
    case .ansi, .none: return .ansi(UInt8(clamping: raw) & 15)
    }
  }

  private static func cell(_ glyph: String, _ foreground: Ink, _ background: Ink) -> Cell {
    var style = Style()
    style.foreground = foreground
    style.background = background
    return Cell(glyph: glyph, width: 1, style: style)
  }

  // MARK: Without it

  /// Two pixels a cell.
  private static func halves(_ pixels: Pixels, size: Size, depth: ColorDepth) -> [Cell] {
    let small = boxed(pixels, width: size.columns, height: size.rows * 2)
    func ink(_ x: Int, _ y: Int) -> Ink {
      let i = (y * small.width + x) * 3
      return Color(small.rgb[i], small.rgb[i + 1], small.rgb[i + 2]).ink(depth)
    }
    return (0..<size.rows).flatMap { y in
      (0..<size.columns).map { x in cell("▀", ink(x, 2 * y), ink(x, 2 * y + 1)) }
    }
  }

  /// Without colours: brightness as characters. What is bright is full of ink on a dark background and
  /// empty on a light one.
  private static func shades(_ pixels: Pixels, size: Size, theme: Theme) -> [Cell] {
    let small = boxed(pixels, width: size.columns, height: size.rows)
    let inks = " .:-=+*#%@".map { String($0) }
    let ramp = theme.isDark ? inks : inks.reversed()
    return (0..<size.columns * size.rows).map { index in
      let (red, green, blue) = (
        Int(small.rgb[index * 3]), Int(small.rgb[index * 3 + 1]), Int(small.rgb[index * 3 + 2])
      )
      let brightness = (red * 299 + green * 587 + blue * 114) / 1000
      return Cell(glyph: ramp[brightness * (ramp.count - 1) / 255], width: 1, style: Style())
    }
  }

  /// Means over the pixels under each of `width` x `height` samples.
  static func boxed(_ pixels: Pixels, width: Int, height: Int) -> Pixels {
    var rgb = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      let top = y * pixels.height / height
      let bottom = max(top + 1, (y + 1) * pixels.height / height)
      for x in 0..<width {
        let left = x * pixels.width / width
        let right = max(left + 1, (x + 1) * pixels.width / width)
        var sums = (0, 0, 0)
        for row in top..<bottom {
          for i in stride(
            from: (row * pixels.width + left) * 3, to: (row * pixels.width + right) * 3, by: 3)
          {
            sums.0 += Int(pixels.rgb[i])
            sums.1 += Int(pixels.rgb[i + 1])
            sums.2 += Int(pixels.rgb[i + 2])
          }
        }
        let count = (bottom - top) * (right - left)
        let out = (y * width + x) * 3
        rgb[out] = UInt8(sums.0 / count)
        rgb[out + 1] = UInt8(sums.1 / count)
        rgb[out + 2] = UInt8(sums.2 / count)
      }
    }
    return Pixels(width: width, height: height, rgb: rgb)
  }
}
