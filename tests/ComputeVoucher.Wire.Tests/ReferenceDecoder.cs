using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// The specification once more, as plainly as possible: whole input at once, no buffers, long
/// arithmetic, strict UTF-8 by the framework's throwing decoder. The oracle of the fuzz tests.
/// </summary>
internal static class ReferenceDecoder
{
    private static readonly UTF8Encoding s_strict = new(false, true);

    /// <summary>All whole frames, then the refusal (None: the input only ends).</summary>
    public static WireReason Decode(byte[] bytes, WireRole sender, List<Seen> frames)
    {
        long at = 0;
        bool first = true;
        while (bytes.Length - at >= 12)
        {
            long length = U16(bytes, at) | ((long)U16(bytes, at + 2) << 16);
            int kind = bytes[at + 4];
            int flags = bytes[at + 5];
            int reserved = U16(bytes, at + 6);
            uint correlation = U16(bytes, at + 8) | ((uint)U16(bytes, at + 10) << 16);
            WireReason bad = Header(sender, first, length, kind, flags, reserved, correlation);
            if (bad != WireReason.None)
            {
                return bad;
            }

            if (bytes.Length - at - 12 < length)
            {
                return WireReason.None;
            }

            byte[] payload = bytes[(int)(at + 12)..(int)(at + 12 + length)];
            bad = Payload(kind, payload);
            if (bad != WireReason.None)
            {
                return bad;
            }

            frames.Add(new Seen(kind, flags, correlation, payload));
            at += 12 + length;
            first = false;
        }

        return WireReason.None;
    }

    private static WireReason Header(
        WireRole sender, bool first, long length, int kind, int flags, int reserved, uint id)
    {
        bool client = sender == WireRole.Client;
        if (first && kind != (client ? 1 : 2) && (client || kind != 10))
        {
            return WireReason.BadFirstFrame;
        }

        (string from, int allowed, long least, long most, string ids) = Row(kind, client);
        if (!from.Contains(client ? 'C' : 'N', System.StringComparison.Ordinal)
            || (!first && kind is 1 or 2 && !first))
        {
            return WireReason.UnknownKind;
        }

        if ((flags | allowed) != allowed || reserved != 0)
        {
            return first ? WireReason.BadFirstFrame : WireReason.UnknownFlags;
        }

        if (length < least || length > most)
        {
            return first ? WireReason.BadFirstFrame : WireReason.BadLength;
        }

        bool wrong = (ids == "0" && id != 0) || (ids == "id" && id == 0);
        return wrong ? WireReason.BadCorrelation : WireReason.None;
    }

    private static (string From, int Flags, long Least, long Most, string Ids) Row(
        int kind, bool client) => kind switch
        {
            1 => ("C", 0, 40, 40, "0"),
            2 => ("N", 0, 164, 164, "0"),
            3 => ("C", 0, 67, 1048576, "id"),
            4 or 6 or 8 or 14 or 16 or 25 => ("N", 0, 1, 1024, "id"),
            5 or 23 => ("N", 1, 4, 65540, "id"),
            7 or 9 or 13 or 15 or 17 or 20 or 22 or 24 => ("C", 0, 1, 1024, "id"),
            10 => ("CN", 2, 2, 514, client ? "0" : "any"),
            11 or 12 => ("CN", 0, 8, 8, "0"),
            18 or 21 => ("N", 0, 0, 245760, "id"),
            19 => ("N", 0, 0, 0, "0"),
            _ => ("", 0, 0, 0, ""),
        };

    private static WireReason Payload(int kind, byte[] bytes)
    {
        switch (kind)
        {
            case 1:
                return Encoding.Latin1.GetString(bytes, 0, 4) == "CVW1"
                    && U16(bytes, 4) >= 1 && U16(bytes, 4) <= U16(bytes, 6)
                        ? WireReason.None
                        : WireReason.BadFirstFrame;
            case 2:
                return U16(bytes, 0) != 0 && U16(bytes, 2) == 0
                    && In(bytes, 4, 1048576) && In(bytes, 8, 65535) && In(bytes, 12, 65535)
                        ? WireReason.None
                        : WireReason.BadPayload;
            case 3:
                int statement = U16(bytes, 0);
                return statement is >= 1 and <= 1024 && bytes.Length >= 2 + statement + 64
                    ? WireReason.None
                    : WireReason.BadPayload;
            case 10:
                return U16(
                    bytes, 0) != 0 && IsText(bytes) ? WireReason.None : WireReason.BadPayload;
            default:
                return WireReason.None;
        }
    }

    private static bool IsText(byte[] bytes)
    {
        try
        {
            foreach (char one in s_strict.GetString(bytes, 2, bytes.Length - 2))
            {
                if (one is < ' ' or '\x7f')
                {
                    return false;
                }
            }

            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool In(byte[] bytes, int at, long most)
    {
        long value = U16(bytes, at) | ((long)U16(bytes, at + 2) << 16);
        return value >= 1 && value <= most;
    }

    private static ushort U16(byte[] bytes, long at) => (ushort)(bytes[at] | (bytes[at + 1] << 8));
}
