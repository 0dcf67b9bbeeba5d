using System;
using System.Numerics;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Where a contract will stand, from who creates it and his nonce: the hash of the RLP
/// list of both (Yellow Paper, section 7).</summary>
public static class CreatedAddress
{
    private const byte Text = 0x80;
    private const byte List = 0xc0;

    /// <param name="nonce">Of the creating transaction; a contract's own begins with 1 (EIP-161).
    /// </param>
    public static Address Of(in Address creator, ulong nonce)
    {
        int digits = (64 - BitOperations.LeadingZeroCount(nonce) + 7) / 8;
        int nonceBytes = nonce < Text && nonce != 0 ? 1 : 1 + digits;
        Span<byte> list = stackalloc byte[1 + 1 + Address.Size + 1 + sizeof(ulong)];
        list = list[..(1 + 1 + Address.Size + nonceBytes)];
        list[0] = (byte)(List + list.Length - 1);
        list[1] = Text + Address.Size;
        creator.CopyTo(list[2..]);
        if (nonceBytes == 1 && nonce != 0)
        {
            list[^1] = (byte)nonce;
        }
        else
        {
            list[2 + Address.Size] = (byte)(Text + digits);
            for (int i = 1; i <= digits; i++)
            {
                list[^i] = (byte)(nonce >> (8 * (i - 1)));
            }
        }

        return new Address(Keccak256.Hash(list).Span[(Bytes32.Size - Address.Size)..]);
    }
}
