using System;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Glyphs;

/// <summary>
/// The data this model is trained on: the ten digits of a 5 x 7 dot font, drawn by this program at
/// a
/// random size, slant, place, brightness and blur on a noisy 16 x 16 image.
/// </summary>
internal static class Glyph
{
    /// <summary>Image height and width in pixels.</summary>
    public const int Side = 16;

    public const int Pixels = Side * Side;

    public const int Classes = 10;

    private const int FontWidth = 5;
    private const int FontHeight = 7;

    /// <summary>Seven rows of five dots a digit, bit 4 leftmost.</summary>
    private static ReadOnlySpan<byte> Font =>
    [
        0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E, // 0
        0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E, // 1
        0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F, // 2
        0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E, // 3
        0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02, // 4
        0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E, // 5
        0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E, // 6
        0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08, // 7
        0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E, // 8
        0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C, // 9
    ];

    /// <summary>Draws one digit; pixels are 0 (black) to 255 (white), row by row.</summary>
    public static void Draw(int digit, Prng random, Span<byte> pixels)
    {
        float height = random.Between(9f, 14f);
        float width = height * random.Between(0.5f, 0.8f);
        float slant = random.Between(-0.25f, 0.25f);
        float top = random.Between(1f, Side - 1 - height);
        float left = (Side - width) / 2 + random.Between(-1.8f, 1.8f);
        float ink = random.Between(150f, 255f);
        float paper = random.Between(0f, 60f);
        float noise = random.Between(4f, 28f);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                float coverage = Coverage(digit, x, y, left, top, width, height, slant);
                float value = paper + (ink - paper) * coverage + noise * random.Normal();
                pixels[y * Side + x] = (byte)Math.Clamp(value, 0f, 255f);
            }
        }
    }

    /// <summary>Share of pixel (x, y) that a dot covers, from 3 x 3 samples.</summary>
    private static float Coverage(
        int digit, int x, int y, float left, float top, float width, float height, float slant)
    {
        int hits = 0;
        for (int sample = 0; sample < 9; sample++)
        {
            float py = y + (sample / 3 + 0.5f) / 3;
            float px = x + (sample % 3 + 0.5f) / 3 + slant * (py - Side / 2f);
            float column = (px - left) / width * FontWidth;
            float row = (py - top) / height * FontHeight;
            if (column >= 0 && column < FontWidth && row >= 0 && row < FontHeight)
            {
                hits += (Font[digit * FontHeight + (int)row] >> (FontWidth - 1 - (int)column)) & 1;
            }
        }

        return hits / 9f;
    }
}
