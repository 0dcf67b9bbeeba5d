using System;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>
/// Reads SEQUENCE { INTEGER r, INTEGER s } in strict DER to 64 bytes. Only the Wycheproof vectors
/// are in DER; the product never sees any.
/// </summary>
internal static class Der
{
    public static byte[]? TryCompact(ReadOnlySpan<byte> der)
    {
        byte[] compact = new byte[64];
        return der.Length >= 2 && der[0] == 0x30 && der[1] < 0x80 && der[1] == der.Length - 2
            && TryInteger(der[2..], compact.AsSpan(0, 32), out int used)
            && TryInteger(der[(2 + used)..], compact.AsSpan(32), out int rest)
            && 2 + used + rest == der.Length
            ? compact
            : null;
    }

    private static bool TryInteger(ReadOnlySpan<byte> der, Span<byte> output, out int used)
    {
        used = 0;
        if (der.Length < 3 || der[0] != 0x02 || der[1] is 0 or > 33 || der.Length < 2 + der[1])
        {
            return false;
        }

        used = 2 + der[1];
        ReadOnlySpan<byte> value = der[2..used];
        if (value[0] >= 0x80 || (value is [0, < 0x80, ..]))
        {
            return false;
        }

        value = value[0] == 0 ? value[1..] : value;
        if (value.Length > 32)
        {
            return false;
        }

        value.CopyTo(output[(32 - value.Length)..]);
        return true;
    }
}
