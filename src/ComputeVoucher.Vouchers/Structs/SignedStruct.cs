using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>EIP-712 from lists of fields: <c>order.HashStruct()</c>.</summary>
public static class SignedStruct
{
    extension<T>(T value)
        where T : struct, ISignedStruct<T>
    {
        /// <summary>The EIP-712 type text; frozen.</summary>
        public static string TypeText => Type<T>.Text;

        /// <summary>
        /// hashStruct of EIP-712; the id of a class or channel, the hash of an order.
        /// </summary>
        public Bytes32 HashStruct()
        {
            Span<byte> words = stackalloc byte[(1 + FieldLayout<T>.Count) * Bytes32.Size];
            Type<T>.Hash.CopyTo(words);
            FieldCursor cursor = FieldCursor.Words(words[Bytes32.Size..]);
            T.Fields(ref cursor, value);
            return Keccak256.Hash(words);
        }

        /// <summary>What is signed: <see cref="Eip712.Digest"/> of this struct.</summary>
        public Bytes32 Digest(in Bytes32 domainSeparator) =>
            Eip712.Digest(domainSeparator, value.HashStruct());
    }

    private static class Type<T>
        where T : struct, ISignedStruct<T>
    {
        public static readonly string Text = $"{T.TypeName}({FieldLayout<T>.Text})";

        public static readonly Bytes32 Hash = Eip712.TypeHash(Text);
    }
}

/// <summary>
/// A frozen EIP-712 struct; its list of fields is both its type and its payload. What follows from
/// it is in <see cref="FieldList"/> and <see cref="SignedStruct"/>.
/// </summary>
public interface ISignedStruct<TSelf> : IFieldList<TSelf>
    where TSelf : struct, ISignedStruct<TSelf>
{
    /// <summary>Name of the EIP-712 type; frozen.</summary>
    static abstract string TypeName { get; }
}
