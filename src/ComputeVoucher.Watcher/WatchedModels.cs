using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>
/// The models whose orders can be run again, by their roots. A root is computed from what was read,
/// so a damaged file is another model; before a dispute it is read once more.
/// </summary>
public sealed class WatchedModels : IDisposable
{
    private readonly Dictionary<Bytes32, (IModel Model, Func<IModel> Again)> _models = [];

    /// <summary>Takes a model in.</summary>
    /// <param name="open">Reads it, any number of times.</param>
    /// <exception cref="ModelException">It cannot be read.</exception>
    public void Add(Func<IModel> open)
    {
        IModel model = open();
        if (!_models.TryAdd(model.ModelRoot, (model, open)))
        {
            model.Dispose();
        }
    }

    /// <summary>Null where its weights are not held: its orders cannot be judged by element.
    /// </summary>
    public IModel? Find(in Bytes32 root) =>
        _models.TryGetValue(root, out (IModel Model, Func<IModel> Again) held)
            ? held.Model : null;

    /// <summary>The same model read anew: what was in memory may have changed since.</summary>
    /// <exception cref="ModelException">The file is gone, damaged, or another one by now.
    /// </exception>
    public IModel Again(in Bytes32 root)
    {
        IModel again = _models[root].Again();
        if (again.ModelRoot == root)
        {
            return again;
        }

        Bytes32 other = again.ModelRoot;
        again.Dispose();
        throw new ModelException($"the file of model {root} is {other} by now");
    }

    public void Dispose()
    {
        foreach ((IModel model, _) in _models.Values)
        {
            model.Dispose();
        }

        _models.Clear();
    }
}
