using System;
using System.Text;

namespace ComputeVoucher.Primitives;

/// <summary>
/// The domain <c>EIP712Domain(string name,string version,uint256 chainId,address
/// verifyingContract)</c>: binds a signature to one contract on one chain.
/// </summary>
public sealed class Eip712Domain
{
    private static readonly Bytes32 s_typeHash = Eip712.TypeHash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    public Eip712Domain(string name, string version, ulong chainId, in Address verifyingContract)
    {
        Name = name;
        Version = version;
        ChainId = chainId;
        VerifyingContract = verifyingContract;

        Span<byte> words = stackalloc byte[5 * Bytes32.Size];
        words.Clear();
        s_typeHash.CopyTo(words);
        Keccak256.Hash(Encoding.UTF8.GetBytes(name)).CopyTo(words[32..]);
        Keccak256.Hash(Encoding.UTF8.GetBytes(version)).CopyTo(words[64..]);
        ((UInt256)chainId).WriteBigEndian(words[96..]);
        verifyingContract.CopyTo(words[(128 + 12)..]);
        Separator = Keccak256.Hash(words);
    }

    public string Name { get; }

    public string Version { get; }

    public ulong ChainId { get; }

    public Address VerifyingContract { get; }

    /// <summary>hashStruct of the domain, computed once.</summary>
    public Bytes32 Separator { get; }

    /// <summary>What is signed for a struct of this domain.</summary>
    public Bytes32 Digest(in Bytes32 structHash) => Eip712.Digest(Separator, structHash);
}
