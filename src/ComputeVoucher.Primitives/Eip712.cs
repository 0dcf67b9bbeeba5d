using System;
using System.Text;

namespace ComputeVoucher.Primitives;

/// <summary>Hashing of typed structured data (EIP-712).</summary>
public static class Eip712
{
    /// <summary>
    /// keccak of <c>encodeType</c>, such as <c>Mail(address to,string contents)</c>.
    /// </summary>
    public static Bytes32 TypeHash(string encodeType) =>
        Keccak256.Hash(Encoding.UTF8.GetBytes(encodeType));

    /// <summary>What is signed: keccak(19 01 ‖ domain separator ‖ struct hash).</summary>
    public static Bytes32 Digest(in Bytes32 domainSeparator, in Bytes32 structHash)
    {
        Span<byte> message = stackalloc byte[2 + 2 * Bytes32.Size];
        message[0] = 0x19;
        message[1] = 0x01;
        domainSeparator.CopyTo(message[2..]);
        structHash.CopyTo(message[(2 + Bytes32.Size)..]);
        return Keccak256.Hash(message);
    }
}
