"""The same systems in dsmc and in other model checkers, measured side by side: `python -m bench.peers`.

The systems are the `.dsm` files here and in `specs`; those of the other tools are in the peers kit, a
folder that is not part of the project. `python -m bench.peers --help` says where it is looked for.
"""
