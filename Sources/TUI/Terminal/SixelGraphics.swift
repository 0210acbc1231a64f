import CChafa
import Inference

/// Pictures as sixels, written by libchafa.
enum SixelGraphics {
  /// What draws a picture at the cursor over `cells`, each of `cell` pixels; nil when the library has no
  /// memory for it.
  ///
  /// - Parameter isQuick: in the colours of xterm's palette, and not in those that suit the picture best.
  static func show(_ pixels: Pixels, cells: Size, cell: PixelSize, isQuick: Bool) -> String? {
    guard let config = chafa_canvas_config_new() else { return nil }
    defer { chafa_canvas_config_unref(config) }
    chafa_canvas_config_set_geometry(config, gint(cells.columns), gint(cells.rows))
    chafa_canvas_config_set_cell_geometry(config, gint(cell.width), gint(cell.height))
    chafa_canvas_config_set_pixel_mode(config, CHAFA_PIXEL_MODE_SIXELS)
    chafa_canvas_config_set_canvas_mode(
      config, isQuick ? CHAFA_CANVAS_MODE_INDEXED_240 : CHAFA_CANVAS_MODE_TRUECOLOR)
    chafa_canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_NONE)
    // More work finds the better colours for the 256 registers.
    chafa_canvas_config_set_work_factor(config, 0.9)
    guard let canvas = chafa_canvas_new(config) else { return nil }
    defer { chafa_canvas_unref(canvas) }
    chafa_canvas_draw_all_pixels(
      canvas, CHAFA_PIXEL_RGB8, pixels.rgb, gint(pixels.width), gint(pixels.height),
      gint(pixels.width * 3))
    guard let terminal = chafa_term_info_new() else { return nil }
    defer { chafa_term_info_unref(terminal) }
    chafa_term_info_set_seq(terminal, CHAFA_TERM_SEQ_BEGIN_SIXELS, "\u{1B}P%1;%2;%3q", nil)
    chafa_term_info_set_seq(terminal, CHAFA_TERM_SEQ_END_SIXELS, "\u{1B}\\", nil)
    guard let text = chafa_canvas_print(canvas, terminal) else { return nil }
    defer { g_string_free(text, gboolean(1)) }
    return String(cString: text.pointee.str)
  }
}
