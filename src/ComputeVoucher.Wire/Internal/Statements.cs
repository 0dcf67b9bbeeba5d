using System;

namespace ComputeVoucher.Wire.Internal;

/// <summary>The bound that every opaque statement shares.</summary>
internal static class Statements
{
    /// <exception cref="ArgumentException">
    /// Not 1 to 1,024 bytes: our own caller is wrong.
    /// </exception>
    internal static void Check(int bytes)
    {
        if (bytes is < 1 or > WireProtocol.StatementBytesMax)
        {
            throw new ArgumentException($"a statement of {bytes} bytes, 1 to 1024 are allowed");
        }
    }
}
