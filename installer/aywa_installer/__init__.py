"""The operator's verbs that work without the runtime: standard library only, also as a zipapp.

python -m zipapp installer -m aywa_installer.__main__:run_and_exit -o aywa.pyz
"""
