using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>The contracts of a court, created by one account in the order of its nonces.</summary>
public static class CourtDeployment
{
    /// <summary>Creation code of a compiled contract with the addresses that it is given.</summary>
    public static byte[] CodeOf(string contract, params Address[] arguments)
    {
        AbiWriter words = new();
        foreach (Address argument in arguments)
        {
            words.Write(argument);
        }

        byte[] code = File.ReadAllBytes(
            Path.Combine(CompiledContract.OutFolder, contract + ".bin"));
        return [.. code, .. words.ToArray()];
    }

    /// <summary>Creates all of them, each where the others look for it.</summary>
    /// <param name="creator">Whose transactions these are.</param>
    /// <param name="nonce">Of the first one.</param>
    /// <param name="vouchers">That the court decides about.</param>
    /// <param name="create">Sends creation code; the address of what it made.</param>
    public static async Task<CourtAddresses> CreateAsync(
        Address creator, ulong nonce, Address vouchers, Func<byte[], Task<Address>> create)
    {
        CourtAddresses at = CourtAddresses.Created(creator, nonce);
        await MakeAsync(at.Registry, "Registry",
            at.GraphElements, at.LanguageElements, at.Languages);
        await MakeAsync(at.GraphElements, "GraphElements", at.Registry);
        await MakeAsync(at.Languages, "Languages");
        await MakeAsync(at.LanguageElements, "LanguageElements", at.Languages);
        await MakeAsync(at.Court, "Court",
            vouchers, at.Registry, at.Disputes, at.Contradictions, at.Claims);
        await MakeAsync(at.Disputes, "Disputes", at.Court, at.Registry, at.Challenges);
        await MakeAsync(at.Challenges, "Challenges", at.Court, at.Registry, at.Disputes);
        await MakeAsync(at.Contradictions, "Contradictions", at.Court, at.Registry);
        await MakeAsync(at.Claims, "Claims", at.Court, at.Registry);
        return at;

        async Task MakeAsync(Address place, string contract, params Address[] arguments) =>
            Assert.Equal(place, await create(CodeOf(contract, arguments)));
    }
}
