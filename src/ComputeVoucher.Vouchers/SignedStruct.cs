using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers.Internal;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What every signed struct can do, from its list of fields: <c>order.HashStruct()</c>,
/// <c>Order.Decode(payload, out Order order)</c>.
/// </summary>
public static class SignedStruct
{
    extension<T>(T value)
        where T : struct, ISignedStruct<T>
    {
        /// <summary>The EIP-712 type text; frozen.</summary>
        public static string TypeText => FieldLayout<T>.TypeText;

        /// <summary>Payload bytes, without a signature.</summary>
        public static int PayloadBytes => FieldLayout<T>.PayloadBytes;

        /// <summary>
        /// hashStruct of EIP-712; the id of a class or channel, the hash of an order.
        /// </summary>
        public Bytes32 HashStruct()
        {
            Span<byte> words = stackalloc byte[(1 + FieldLayout<T>.Count) * Bytes32.Size];
            FieldLayout<T>.TypeHash.CopyTo(words);
            FieldCursor cursor = FieldCursor.Words(words[Bytes32.Size..]);
            T.Fields(ref cursor, value);
            return Keccak256.Hash(words);
        }

        /// <summary>What is signed: <see cref="Eip712.Digest"/> of this struct.</summary>
        public Bytes32 Digest(in Bytes32 domainSeparator) =>
            Eip712.Digest(domainSeparator, value.HashStruct());

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

        /// <summary>
        /// Reads exactly the payload's bytes: refused with the reason that goes into the error
        /// frame for another length or a value that version 1 refuses (units above the limit,
        /// unknown flags, a nonzero extension).
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
