using System;
using System.Text;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// Payloads from lists of fields: <c>ack.Encode(bytes)</c>,
/// <c>Ack.Decode(payload, out Ack ack)</c>.
/// </summary>
public static class FieldList
{
    extension<T>(T value)
        where T : struct, IFieldList<T>
    {
        /// <summary>Payload bytes, without a signature.</summary>
        public static int PayloadBytes => FieldLayout<T>.PayloadBytes;

        /// <summary>Writes exactly PayloadBytes bytes.</summary>
        /// <exception cref="ArgumentException">The destination is shorter.</exception>
        public void Encode(Span<byte> destination)
        {
            int bytes = FieldLayout<T>.PayloadBytes;
            if (destination.Length < bytes)
            {
                throw new ArgumentException($"{destination.Length} bytes where {bytes} are wanted");
            }

            FieldCursor cursor = FieldCursor.Write(destination);
            T.Fields(ref cursor, value);
        }

        /// <summary>The payload alone.</summary>
        public byte[] Encode()
        {
            byte[] payload = new byte[FieldLayout<T>.PayloadBytes];
            value.Encode(payload);
            return payload;
        }

        /// <summary>
        /// Reads exactly PayloadBytes bytes: refused with the reason that goes into the error frame
        /// for another length or a value that version 2 refuses (units above the limit, unknown
        /// flags, a nonzero extension).
        /// </summary>
        public static RefusalReason Decode(ReadOnlySpan<byte> payload, out T decoded)
        {
            decoded = default;
            if (payload.Length != FieldLayout<T>.PayloadBytes)
            {
                return RefusalReason.PayloadSize;
            }

            FieldCursor cursor = FieldCursor.Read(payload);
            T read = T.Fields(ref cursor, default);
            RefusalReason refusal = cursor.UnitsOverLimit
                ? RefusalReason.UnitsOverLimit
                : T.Check(read);
            decoded = refusal == RefusalReason.None ? read : default;
            return refusal;
        }

        /// <summary>As Decode, without the reason.</summary>
        public static bool TryDecode(ReadOnlySpan<byte> payload, out T decoded) =>
            Decode(payload, out decoded) == RefusalReason.None;
    }
}

/// <summary>
/// A frozen payload of fixed width: fields in order, each at its own width, big endian. One list
/// says all of it; what follows from the list is in <see cref="FieldList"/>.
/// </summary>
public interface IFieldList<TSelf>
    where TSelf : struct, IFieldList<TSelf>
{
    /// <summary>The struct that the cursor makes of every field of this one, in order.</summary>
    static abstract TSelf Fields(ref FieldCursor fields, in TSelf of);

    /// <summary>
    /// Why version 2 refuses these values, beside units above the limit, which every type refuses.
    /// </summary>
    static virtual RefusalReason Check(in TSelf value) => RefusalReason.None;
}

/// <summary>What a list of fields says, found once for each type.</summary>
internal static class FieldLayout<T>
    where T : struct, IFieldList<T>
{
    /// <summary>"type name" of each field, with commas between.</summary>
    public static readonly string Text;

    public static readonly int Count;

    public static readonly int PayloadBytes;

    static FieldLayout()
    {
        StringBuilder text = new();
        FieldCursor cursor = FieldCursor.Describe(text);
        T.Fields(ref cursor, default);
        (Text, Count, PayloadBytes) = (text.ToString(), cursor.Count, cursor.PayloadBytes);
    }
}
