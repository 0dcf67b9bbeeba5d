using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>eth_call of one contract, with the answer read strictly.</summary>
internal sealed class ContractReader
{
    private const int WordBytes = 32;

    private readonly JsonRpcClient _rpc;
    private readonly Address _contract;

    public ContractReader(JsonRpcClient rpc, Address contract)
    {
        _rpc = rpc;
        _contract = contract;
    }

    /// <summary>Reads the words that a call returns.</summary>
    public delegate T Read<T>(ref AbiReader reader);

    public Task<UInt256> NumberAsync(byte[] data, BlockTag block, CancellationToken cancel) =>
        ReadAsync(data, 1, block, (ref r) => r.ReadUInt256(), cancel);

    public Task<bool> BoolAsync(byte[] data, BlockTag block, CancellationToken cancel) =>
        ReadAsync(data, 1, block, (ref r) => r.ReadBool(), cancel);

    public Task<Address> AddressAsync(byte[] data, BlockTag block, CancellationToken cancel) =>
        ReadAsync(data, 1, block, (ref r) => r.ReadAddress(), cancel);

    /// <param name="words">Exactly so many 32-byte words are expected; fewer means that no
    /// contract lives there.</param>
    public async Task<T> ReadAsync<T>(
        byte[] data,
        int words,
        BlockTag block,
        Read<T> read,
        CancellationToken cancel,
        Address from = default)
    {
        byte[] answer = await _rpc
            .CallAsync(new CallRequest(from, _contract, data), block, cancel)
            .ConfigureAwait(false);
        return Parse(answer, words, read);
    }

    /// <summary>By each endpoint that answers; one at least. What is no answer of the contract is
    /// left out where another one is.</summary>
    public async Task<List<T>> ReadEverywhereAsync<T>(
        byte[] data,
        int words,
        BlockTag block,
        Read<T> read,
        CancellationToken cancel,
        Address from = default)
    {
        List<byte[]> answers = await _rpc
            .CallEverywhereAsync(new CallRequest(from, _contract, data), block, cancel)
            .ConfigureAwait(false);
        List<T> values = [];
        ChainException? malformed = null;
        foreach (byte[] answer in answers)
        {
            try
            {
                values.Add(Parse(answer, words, read));
            }
            catch (ChainException e)
            {
                malformed = e;
            }
        }

        return values.Count > 0 ? values : throw malformed!;
    }

    private T Parse<T>(byte[] answer, int words, Read<T> read)
    {
        if (answer.Length != words * WordBytes)
        {
            throw new ChainException(
                ChainFault.Malformed,
                $"{_contract}: {answer.Length} bytes where {words} words are wanted; is the "
                    + "contract deployed there?");
        }

        try
        {
            AbiReader reader = new(answer);
            return read(ref reader);
        }
        catch (FormatException e)
        {
            throw new ChainException(ChainFault.Malformed, $"{_contract}: {e.Message}", e);
        }
    }
}
